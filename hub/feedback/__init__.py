"""What villagers said at the query screens, and the answers that go back to them."""
