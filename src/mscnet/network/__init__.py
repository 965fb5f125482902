"""From a mechanism to its network: stoichiometry, graph, conservation laws."""
