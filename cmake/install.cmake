# Installed by the build engineer's part: see below.
