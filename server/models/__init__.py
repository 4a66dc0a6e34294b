"""Every noun, so that one import knows all tables."""

from server.models.api_key import ApiKey
from server.models.archive import ArchiveEntry, ArchiveGram
from server.models.assessment import Assessment, AssessmentItem
from server.models.base import Fact, Synced, new_id
from server.models.channel import Delivery, NoticeChoice, PushSubscription, ServerSecret, Webhook
from server.models.closing import MonthlyReport
from server.models.customer import Asset, Contact, Customer, ServiceRecord, Site
from server.models.deadline import (
    DelayDeclaration,
    Escalation,
    Feedback,
    FollowUp,
    Hold,
    Notice,
    ResolutionPlan,
    SlaPolicy,
)
from server.models.defect import Defect
from server.models.dossier import ArchiveChange, Document, DocumentPage, Favourite, HandoverItem
from server.models.emergency import Drill, DrillAction, Emergency, EmergencyEntry, EmergencyPlan
from server.models.evidence import (
    Attachment,
    ChecklistAnswer,
    ChecklistRun,
    Conflict,
    Diagnosis,
    Note,
    PartUse,
    ReviewItem,
    Signature,
    Waiver,
)
from server.models.hold import LegalHold
from server.models.intake import CustomerLink, CustomerReport, CustomerReportFile, Survey
from server.models.learning import HardCase, RootCause, TrainingRecord
from server.models.money import Charge, Quotation
from server.models.papers import Custody, MessageSlip, Rebooking
from server.models.part_flow import PartRequest, PartReturn
from server.models.plan import MaintenancePlan, PlanOccurrence
from server.models.presence import Point, PresenceProof
from server.models.quality import CallAttempt, Complaint, ComplaintNumber, ComplaintRise, ImprovementAction
from server.models.reference import Article, CatalogueEntry, ChecklistVersion, Part, PriceItem
from server.models.rescue import RescueBundle
from server.models.roster import DutyShift
from server.models.stock import Stock, StockMovement
from server.models.sync import Clock, Divergence, FeedRow, HeldAct, JournalEntry, ScopeDigest, Subscription
from server.models.task import StoredFile, Task, Upload
from server.models.user import AccessLog, Device, PhoneStatus, RefreshToken, Team, User
from server.models.visit import Visit, VisitContact
from server.models.work_order import DailyNumber, Event, SlaMilestone, WorkOrder

SYNCED: dict[str, type[Synced]] = {
    model.NOUN: model
    for model in (
        Team, User, CatalogueEntry, Part, PriceItem, ChecklistVersion, Article, Customer, Contact, Site, Asset,
        ServiceRecord, WorkOrder, SlaMilestone, Event, Visit, VisitContact, Diagnosis, PartUse, Attachment,
        ChecklistRun, ChecklistAnswer, Defect, Note, Signature, Waiver, Conflict, ReviewItem, Stock, StockMovement,
        PhoneStatus, DutyShift, Point, PresenceProof, CustomerReport, CustomerLink, Survey, Quotation, Charge,
        MessageSlip, Custody, Rebooking, PartRequest, PartReturn, SlaPolicy, Hold, DelayDeclaration, ResolutionPlan,
        Escalation, Feedback, FollowUp, Notice, ArchiveChange, Document, Favourite, HandoverItem, MonthlyReport,
        MaintenancePlan, PlanOccurrence, NoticeChoice, Complaint, ImprovementAction, CallAttempt, AssessmentItem,
        Assessment, RootCause, HardCase, TrainingRecord, EmergencyPlan, Emergency, EmergencyEntry, Drill,
        DrillAction, LegalHold,
    )
}  # fmt: skip
FACTS: dict[str, type[Fact]] = {noun: model for noun, model in SYNCED.items() if issubclass(model, Fact)}

__all__ = [
    "FACTS", "SYNCED", "AccessLog", "ApiKey", "ArchiveChange", "ArchiveEntry", "ArchiveGram", "Article", "Assessment",
    "AssessmentItem", "Asset", "Attachment", "CallAttempt", "CatalogueEntry", "Charge", "ChecklistAnswer",
    "ChecklistRun", "ChecklistVersion", "Clock", "Complaint", "ComplaintNumber", "ComplaintRise", "Conflict",
    "Contact", "Custody", "Customer", "CustomerLink", "CustomerReport", "CustomerReportFile", "DailyNumber", "Defect",
    "DelayDeclaration", "Delivery", "Device", "Diagnosis", "Divergence", "Document", "DocumentPage", "Drill",
    "DrillAction", "DutyShift", "Emergency", "EmergencyEntry", "EmergencyPlan", "Escalation", "Event", "Fact",
    "Favourite", "FeedRow", "Feedback", "FollowUp", "HandoverItem", "HardCase", "HeldAct", "Hold", "ImprovementAction",
    "JournalEntry", "LegalHold", "MaintenancePlan", "MessageSlip", "MonthlyReport", "Note", "Notice", "NoticeChoice",
    "Part", "PartRequest", "PartReturn", "PartUse", "PhoneStatus", "PlanOccurrence", "Point", "PresenceProof",
    "PriceItem", "PushSubscription", "Quotation", "Rebooking", "RefreshToken", "RescueBundle", "ResolutionPlan",
    "ReviewItem", "RootCause", "ScopeDigest", "ServerSecret", "ServiceRecord", "Signature", "Site", "SlaMilestone",
    "SlaPolicy", "Stock", "StockMovement", "StoredFile", "Subscription", "Survey", "Synced", "Task", "Team",
    "TrainingRecord", "Upload", "User", "Visit", "VisitContact", "Waiver", "Webhook", "WorkOrder", "new_id",
]  # fmt: skip
