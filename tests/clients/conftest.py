"""Without the official SDKs these tests are skipped, with the reason; with CI=true their absence is a failure."""

import pytest
from packages import SDKS, needing

pytest.register_assert_rewrite("clients.behind")

pytest_pycollect_makemodule = needing(SDKS)
