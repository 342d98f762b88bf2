"""Guangdong (44): its own application (粤省事), in the words of the exchange tables and in Beijing time without zone.

Column names as seen in practice (FACTS §2); its interface document was not read: unverified.
"""

from dataclasses import replace

from backend.casework.catalogue.pilots import ConnectionMode
from backend.casework.definitions import Standing
from backend.errors import Text
from backend.province_ports import ProvinceEventKind as K
from backend.province_ports import ProvinceStage as P
from integrations.provinces.own_application import speaking
from integrations.provinces.province import Province
from integrations.provinces.zhejiang import DIALECT as LIKE_ZHEJIANG

NAME = Text("广东省", "Guangdong")

DIALECT = replace(
    LIKE_ZHEJIANG,
    system="guangdong",
    name=NAME,
    paths={
        "lodge": "/exchange/accept",
        "supplement": "/exchange/correct",
        "withdraw": "/exchange/cancel",
        "query": "/exchange/process",
        "result": "/exchange/result",
    },
    case={
        "delivery_id": "row_guid",
        "case_number": "project_no",
        "task_code": "task_code",
        "item_code": "catalog_code",
        "item_name": "task_name",
        "division": "region_code",
        "assurance": "auth_level",
        "submitted_at": "apply_date",
        "promised_due": "promise_date",
        "answers": "form_data",
    },
    applicant_in="",
    applicant={"applicant_name": "applyer_name", "applicant_resident_id": "applyer_page_code"},
    certificate=("applyer_page_type", "10"),
    materials_in="material_list",
    material={
        "code": "material_code",
        "name": "material_name",
        "file_name": "attach_name",
        "media_type": "attach_type",
        "content": "attach_body",
        "sm3": "attach_sm3",
    },
    receipt_in="",
    receipt={
        "external_case_number": "gd_project_no",
        "delivery_id": "row_guid",
        "case_number": "project_no",
        "received_at": "receive_date",
        "body_sm3": "body_sm3",
    },
    callback={
        "event_id": "event_guid",
        "case_number": "project_no",
        "external_case_number": "gd_project_no",
        "sequence": "order_no",
        "link": "process_code",
        "outcome": "result_type",
        "happened_at": "end_time",
        "reason": "handle_explain",
        "result_number": "cert_no",
        "result": "result_data",
    },
    events={
        ("01", "1"): K.ACCEPTED,  # 受理: 1 受理 2 不受理
        ("01", "2"): K.NOT_ACCEPTED,
        ("03", "0"): K.APPROVED,  # 办结结果: 0 出证 1 退回 6 办结 7 纸质
        ("03", "6"): K.APPROVED,
        ("03", "7"): K.APPROVED,
        ("03", "1"): K.REFUSED,
    },
    about={
        "delivery_id": "row_guid",
        "case_number": "project_no",
        "external_case_number": "gd_project_no",
        "reason": "cancel_reason",
    },
    progress=("process_code", "start_time"),
    stages={
        "00": P.RECEIVED,
        "01": P.ACCEPTED,
        "02": P.REVIEW,
        "03": P.APPROVED,
        "04": P.REFUSED,
        "11": P.CORRECTION,
        "12": P.SUSPENDED,
        "05": P.WITHDRAWN,
    },
    document={
        "number": "cert_no",
        "file_name": "attach_name",
        "media_type": "attach_type",
        "content": "attach_body",
        "sm3": "attach_sm3",
    },
    lists=None,
    asks_by_both=True,
    refusal="err_code",
    our_fault=frozenset({"E401", "E402", "E403"}),
    unknown_case=frozenset({"E404"}),
    moments="%Y-%m-%d %H:%M:%S",
)

GUANGDONG = Province(
    region="44",
    name=NAME,
    mode=ConnectionMode.OWN_INTERFACE,
    connect=speaking(DIALECT, "44"),
    standing=Standing.PUBLISHED,
)
