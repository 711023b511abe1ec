"""The wallet: a learner receives credentials and proves one competency at a time."""
