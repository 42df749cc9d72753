"""Effects in order, without drivers: intake, sweep, delivery, queries. Knows the ports, never what is behind them."""
