"""The page a villager opens on a phone: county, town, village, column, notice; search; receipts."""
