"""The GraphQL edge: resolvers translate, they do not decide."""
