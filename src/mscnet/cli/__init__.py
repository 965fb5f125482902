"""The command line: reads arguments, calls the library, hands the result to `report`."""
