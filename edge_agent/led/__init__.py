"""The panel: layout, pages, drawing, drivers of controller cards, and emulated cards."""
