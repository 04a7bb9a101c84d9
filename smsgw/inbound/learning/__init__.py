"""Learning: what people correct becomes aliases and labels once somebody approves; a model only proposes."""
