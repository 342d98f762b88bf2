"""What an officer has to look at: people whom the registry does not know, and faces that failed too often."""
