"""运行管理: how everything stands, what is announced, what people say of it, and how the pilot goes."""
