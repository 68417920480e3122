"""Where an agreement asks for it, whose case it is says yes before it is passed on."""
