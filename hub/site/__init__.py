"""The Wagtail project: settings, addresses, security headers, and where its data lies."""
