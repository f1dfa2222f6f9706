"""All drills; importing them registers them in the order in which they run."""

from . import death  # noqa: F401, I001
from . import raced  # noqa: F401
from . import contention  # noqa: F401
from . import webhooks  # noqa: F401
from . import provider  # noqa: F401
from . import slowness  # noqa: F401
from . import limits  # noqa: F401
from . import hearing  # noqa: F401
from . import outages  # noqa: F401
from . import poison  # noqa: F401
from . import queues  # noqa: F401
from . import captures  # noqa: F401
from . import books  # noqa: F401
