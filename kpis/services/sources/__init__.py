"""Values that other systems bring: asked on a schedule, recorded like any other."""
