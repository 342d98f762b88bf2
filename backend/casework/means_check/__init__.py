"""The means check (家庭经济状况核对): only with everybody's authorisation, and only what a decision needs of it."""
