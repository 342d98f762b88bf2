"""Starting and stopping a whole development installation with one command."""
