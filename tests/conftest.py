from hypothesis import settings

# Machines that run tests are shared and slow at times: a deadline for each example would fail them.
settings.register_profile("attendna", deadline=None)
settings.load_profile("attendna")
