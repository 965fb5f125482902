"""The language server: what an editor asks, answered from what `language` and `report` say of a text."""
