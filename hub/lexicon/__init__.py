"""How the county says its words: places, families, roads; signed with every notice they are in."""
