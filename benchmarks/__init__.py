"""Speed, measured and not asserted: every figure beside a bare floor or a peer, in one run."""
