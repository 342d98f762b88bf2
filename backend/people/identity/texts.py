"""The texts people consent to. A version is never changed: a new text is a new version, in force from its day on.

From that day a consent to the version before it counts for nothing: nobody's face is looked at until they have
agreed to the new one. A template waits unused for ``GRACE`` days, and is shredded after them. A test knows each
version by its digest.

What they must say: Measures for the security of face recognition (人脸识别技术应用安全管理办法, in force
2025-06-01) and Personal Information Protection Law articles 17, 29–31 (FACTS §7).
"""

from dataclasses import dataclass
from datetime import date

from backend.errors import Text
from backend.kit import clock
from backend.people.identity.models import ConsentKind


@dataclass(frozen=True, slots=True)
class ConsentText:
    """One version of one text; the plain one is for elder mode and reading aloud."""

    kind: ConsentKind
    version: str
    in_force_from: date
    title: Text
    body: Text
    plain: Text


GRACE = 30
"""Days in which a template is kept for somebody who has not read a new text yet. A rule of this house."""

_FIRST = date(2026, 1, 1)


def _face(version: str, day: date, under_14: Text) -> ConsentText:
    return ConsentText(
        kind=ConsentKind.FACE_VERIFICATION,
        version=version,
        in_force_from=day,
        title=Text("人脸信息处理单独同意书", "Separate consent to the processing of your face"),
        body=_with(
            Text(
                "一、目的：仅用于核验办理本平台政务服务事项的是您本人，不作他用。\n"
                "二、方式：您拍摄的照片与国家人口基础信息库中您的证件照比对一次，只保存比对结果、时间和算法版本。\n"
                "三、保存：照片、证件照和由其提取的特征仅在比对时存在于内存中，比对结束即删除，不写入数据库、文件或日志，"
                "也不提供给任何第三方。\n"
                "四、影响：人脸信息属于敏感个人信息，一旦泄露难以更改；为此我们不留存人脸信息。比对结果有效期为30分钟。\n"
                "五、您的选择：刷脸不是唯一方式。您可以不同意，改到任一民政服务窗口由工作人员核验身份，"
                "办理的事项和结果完全相同。\n"
                "六、撤回：您可以随时在“我的”中撤回同意，撤回不影响此前已完成的核验。\n"
                "七、{under_14}",
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
                "7. {under_14}",
            ),
            under_14,
        ),
        plain=Text(
            "为了确认是您本人，我们要把您的照片和身份证照片比对一次。比对完马上删除，不保存照片。"
            "您也可以不刷脸，去窗口办，结果一样。同意了也可以随时撤回。",
            "To make sure it is you, we compare your picture once with the photograph on your ID. It is deleted"
            " at once, nothing is kept. You can also go to a window instead, with the same result. You can"
            " withdraw this consent at any time.",
        ),
    )


def _with(body: Text, under_14: Text) -> Text:
    return Text(body.zh.format(under_14=under_14.zh), body.en.format(under_14=under_14.en))


TEXTS = (
    _face(
        "2026-11",
        _FIRST,
        Text(
            "未满14周岁的，须由监护人同意；请由监护人陪同到窗口办理。",
            "Under the age of 14 a guardian has to consent: please come to a window with your guardian.",
        ),
    ),
    _face(
        "2026-11-16",
        date(2026, 11, 16),
        Text(
            "未满14周岁的，须由监护人单独同意：监护关系经核验后，由监护人在本人手机上代为同意，也可陪同到窗口办理；"
            "监护人和本人均可随时撤回。",
            "Under the age of 14 a guardian has to consent separately: on their own phone once the guardianship was"
            " confirmed, or at a window together. Either of them may withdraw it at any time.",
        ),
    ),
    ConsentText(
        kind=ConsentKind.FACE_TEMPLATE,
        version="2026-11",
        in_force_from=_FIRST,
        title=Text("人脸特征保存单独同意书", "Separate consent to keeping a template of your face"),
        body=Text(
            "一、目的：保存由您的照片提取的人脸特征，以后刷脸时与该特征比对，不必每次调取证件照；不作他用。\n"
            "二、方式：由三张照片提取特征，经变换后加密，分两半存放在两处，缺一半即无法使用；不保存照片。\n"
            "三、保存：至您删除、撤回同意或注销之日；删除即销毁，不可恢复。算法升级时，经您下次刷脸重新提取，旧特征销毁。\n"
            "四、影响：人脸信息属于敏感个人信息，一旦泄露难以更改。不同意保存的，每次仍可直接刷脸或选择其他方式，"
            "办理的事项和结果完全相同。\n"
            "五、撤回：您可以随时撤回同意或删除，立即销毁。",
            "1. Purpose: to keep features taken from your pictures, so that later face checks compare with them and"
            " not with your document photograph. Nothing else.\n"
            "2. How: the features are taken from three pictures, transformed, encrypted and kept in two halves at two"
            " places; one half alone is of no use. No picture is kept.\n"
            "3. Retention: until you delete it, withdraw or close your account. Deleting destroys it for good. When"
            " the algorithm changes, the features are taken anew at your next face check and the old ones destroyed.\n"
            "4. What it means for you: face data is sensitive and can hardly be changed once it has leaked. If you"
            " decline, every face check and every other way works as before, with the same result.\n"
            "5. Withdrawal: at any time, with immediate destruction.",
        ),
        plain=Text(
            "您可以让我们记住您的人脸特征，下次刷脸更快。不保存照片。随时可以删除，删除后彻底销毁。不保存也可以照常办事。",
            "We can remember features of your face, so that the next face check is quicker. No picture is kept. You"
            " can delete it at any time, for good. Everything works without it, too.",
        ),
    ),
    ConsentText(
        kind=ConsentKind.PLATFORM_FACE,
        version="2026-11",
        in_force_from=_FIRST,
        title=Text("平台人脸核身单独同意书", "Separate consent to the platform's face check"),
        body=Text(
            "一、目的：由您所用的平台（微信或支付宝）核验办理本事项的是您本人，不作他用。\n"
            "二、方式：我们将您的姓名和身份证号码提供给该平台用于本次核身；人脸由该平台采集和比对，我们收不到照片，"
            "只向该平台查询是否通过。\n"
            "三、接收方：微信（深圳市腾讯计算机系统有限公司）或支付宝（支付宝（中国）网络技术有限公司），"
            "其处理规则以该平台展示的为准。\n"
            "四、您的选择：可以不同意，改用国家网络身份认证、视频、窗口或上门核验，办理的事项和结果完全相同。\n"
            "五、撤回：您可以随时撤回同意，撤回不影响此前已完成的核验。未满14周岁的，须由监护人陪同到窗口办理。",
            "1. Purpose: to have the platform you use (WeChat or Alipay) check that it is you, nothing else.\n"
            "2. How: we give that platform your name and resident ID number for this one check. It takes and compares"
            " the pictures; we receive none and only ask whether the check was passed.\n"
            "3. Recipient: WeChat (Shenzhen Tencent Computer Systems) or Alipay (Alipay (China) Network Technology),"
            " under the rules that it shows you.\n"
            "4. Your choice: you may decline and use the national network identity, a video call, a window or a visit"
            " at home, for the same services and the same results.\n"
            "5. Withdrawal: at any time; checks already made stay valid. Under the age of 14 please come to a window"
            " with your guardian.",
        ),
        plain=Text(
            "由微信或支付宝来确认是您本人。我们会把您的姓名和身份证号告诉它，不会收到您的照片。也可以选别的方式。",
            "WeChat or Alipay checks that it is you. We tell it your name and ID number, and get no picture. You can"
            " choose another way.",
        ),
    ),
    ConsentText(
        kind=ConsentKind.CHILD_DATA,
        version="2026-11",
        in_force_from=_FIRST,
        title=Text(
            "未满14周岁未成年人个人信息处理同意书", "Consent to the processing of data of a child under 14"
        ),
        body=Text(
            "一、目的：未满14周岁的未成年人以本人账号办理民政服务事项时，处理其为办理所必需的个人信息，不作他用。\n"
            "二、内容：姓名、证件号码、户籍地、联系方式及所办事项要求填报的内容。未成年人的全部个人信息均按敏感个人信息"
            "加密存储，展示时遮盖，每次查看均有记录。\n"
            "三、人脸信息另行单独同意，不包含在本同意书内。\n"
            "四、您的选择：可以不同意，由监护人以自己的账号代为办理，或到窗口办理，事项和结果完全相同。\n"
            "五、权利：监护人和未成年人均可随时查阅、复制、更正、删除，并可随时撤回同意；撤回后不再受理其本人账号的新申请，"
            "已受理的办件依法继续办理。\n"
            "六、期限：至撤回、监护关系终止或年满14周岁之日止；年满14周岁后由本人同意。",
            "1. Purpose: to process what is needed when a child under 14 uses services of civil affairs from an account of"
            " their own; nothing else.\n"
            "2. What: name, document number, place of registration, how to be reached, and what the service asks for. All"
            " data of a child is handled as sensitive: encrypted, masked when shown, every look on record.\n"
            "3. The face needs separate consents that are not part of this one.\n"
            "4. Your choice: you may decline and apply for the child from your own account or at a window, for the same"
            " services and the same results.\n"
            "5. Rights: you and the child may at any time read, copy, correct and delete, and withdraw this consent. After"
            " that no new application is taken from the child's account; cases already received go on as the law wants.\n"
            "6. Until it is withdrawn, the guardianship ends, or the child turns 14 and consents alone.",
        ),
        plain=Text(
            "孩子不满14岁，要用自己的账号办事，需要您同意。您可以随时撤回，也可以由您代孩子办，结果一样。",
            "Your child is under 14 and wants to use an own account: that needs your consent. You can withdraw it at any"
            " time, or apply for the child yourself, with the same result.",
        ),
    ),
)
"""Every version of every text there ever was."""


def current_text(kind: ConsentKind, day: date | None = None) -> ConsentText:
    """The text that counts on a day, today where none is named."""
    today = day or clock.today()
    known = [text for text in TEXTS if text.kind is kind and text.in_force_from <= today]
    return max(known, key=lambda text: text.in_force_from)
