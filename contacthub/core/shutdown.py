"""Whether this worker must stop: set in Celery's parent process, read by its children between two steps."""

import multiprocessing

# Created before the pool forks, so that parent and children share it.
requested = multiprocessing.Event()
