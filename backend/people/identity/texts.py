"""The texts people consent to. A version is never changed: a new text is a new version.

What they must say: Measures for the security of face recognition (人脸识别技术应用安全管理办法, in force
2025-06-01) and Personal Information Protection Law articles 17, 29–31 (FACTS §7).
"""

from dataclasses import dataclass

from backend.errors import Text
from backend.people.identity.models import ConsentKind


@dataclass(frozen=True, slots=True)
class ConsentText:
    """One version of one text; the plain one is for elder mode and reading aloud."""

    kind: ConsentKind
    version: str
    title: Text
    body: Text
    plain: Text


CURRENT = (
    ConsentText(
        kind=ConsentKind.FACE_VERIFICATION,
        version="2026-11",
        title=Text("人脸信息处理单独同意书", "Separate consent to the processing of your face"),
        body=Text(
            "一、目的：仅用于核验办理本平台政务服务事项的是您本人，不作他用。\n"
            "二、方式：您拍摄的照片与国家人口基础信息库中您的证件照比对一次，只保存比对结果、时间和算法版本。\n"
            "三、保存：照片、证件照和由其提取的特征仅在比对时存在于内存中，比对结束即删除，不写入数据库、文件或日志，"
            "也不提供给任何第三方。\n"
            "四、影响：人脸信息属于敏感个人信息，一旦泄露难以更改；为此我们不留存人脸信息。比对结果有效期为30分钟。\n"
            "五、您的选择：刷脸不是唯一方式。您可以不同意，改到任一民政服务窗口由工作人员核验身份，"
            "办理的事项和结果完全相同。\n"
            "六、撤回：您可以随时在“我的”中撤回同意，撤回不影响此前已完成的核验。\n"
            "七、未满14周岁的，须由监护人同意；请由监护人陪同到窗口办理。",
            "1. Purpose: only to check that it is you who uses the services of this platform, nothing else.\n"
            "2. How: the picture you take is compared once with your document photograph in the national"
            " population registry. Only the result, its time and the version of the algorithm are kept.\n"
            "3. Retention: the picture, the photograph and the features taken from them exist in memory during"
            " the comparison and are deleted after it. They are not written to a database, a file or a log, and"
            " not given to anybody else.\n"
            "4. What it means for you: face data is sensitive and can hardly be changed once it has leaked; that"
            " is why we keep none. The result counts for 30 minutes.\n"
            "5. Your choice: the face check is not the only way. You may decline and have an officer confirm you"
            " at any civil-affairs window, for the same services and the same results.\n"
            "6. Withdrawal: at any time on your own page. Checks already made stay valid.\n"
            "7. Under the age of 14 a guardian has to consent: please come to a window with your guardian.",
        ),
        plain=Text(
            "为了确认是您本人，我们要把您的照片和身份证照片比对一次。比对完马上删除，不保存照片。"
            "您也可以不刷脸，去窗口办，结果一样。同意了也可以随时撤回。",
            "To make sure it is you, we compare your picture once with the photograph on your ID. It is deleted"
            " at once, nothing is kept. You can also go to a window instead, with the same result. You can"
            " withdraw this consent at any time.",
        ),
    ),
)
"""The text in force for each kind."""


def current_text(kind: ConsentKind) -> ConsentText:
    """The text that counts today."""
    return next(text for text in CURRENT if text.kind is kind)
