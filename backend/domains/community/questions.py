"""Questions that community forms share."""

from backend.casework.definitions import Field, FieldKind
from backend.errors import Text

PLACE = Field(
    "place",
    Text("所在社区（村）区划", "Division of the community or village"),
    FieldKind.DIVISION,
    fact="place",
)
COUNTER = Text("社区（村）党群服务中心；网格员上门", "The community centre; the grid worker comes to you")
