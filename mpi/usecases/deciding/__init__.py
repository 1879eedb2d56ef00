"""What people decide: the work list, answers, changes of people, and what is looked at before."""
