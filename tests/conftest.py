from hypothesis import settings

# Machines that run tests are shared and slow at times: a deadline for each example would fail them.
settings.register_profile("attendna", deadline=None)
# Of tests/fuzz: --hypothesis-profile thorough
settings.register_profile("thorough", settings.get_profile("attendna"), max_examples=10_000)
settings.load_profile("attendna")
