"""Front-end teams, their keys, and the documents their apps may send: registered, reviewed, counted, retired."""
