"""Setting things back to what their history says, through the services that change them."""
