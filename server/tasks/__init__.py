"""Background work. The database is the only place that must know of it (transactional outbox).

A cause records its work with `Task.enqueue(session, "server.tasks.process_image", {...})` in its own transaction. Then

    without REDIS_URL   a thread of the serving process claims due tasks under a lease and performs them
    with REDIS_URL      that thread, and one process beside every `flask worker`, hand due tasks to rq; rq calls `run`

Whoever dies holding a task, a thread, an rq worker or Redis itself: the lease runs out and the task is due again.
So every task may run twice and must not mind. Nobody imports this room but who starts the work; causes name it.
"""

from server.arrivals import end_held, release_held
from server.tasks.assessments import keep_assessments
from server.tasks.complaints import watch_complaints
from server.tasks.deadlines import tidy_notices, watch_deadlines
from server.tasks.deliveries import deliver, tidy_deliveries
from server.tasks.horizon import forget_old, tidy
from server.tasks.owners import settle_owners
from server.tasks.pictures import expire_uploads, process_image
from server.tasks.plans import keep_plans
from server.tasks.queue import MAX_ATTEMPTS, run, tidy_tasks
from server.tasks.retention import retention
from server.tasks.running import init_tasks, worker
from server.tasks.upkeep import archive_work_orders, index_archive, publish_contact_cards

__all__ = [
    "MAX_ATTEMPTS", "archive_work_orders", "deliver", "end_held", "expire_uploads", "forget_old", "index_archive",
    "init_tasks", "keep_assessments", "keep_plans", "process_image", "publish_contact_cards", "release_held",
    "retention", "run", "settle_owners", "tidy", "tidy_deliveries", "tidy_notices", "tidy_tasks", "watch_complaints",
    "watch_deadlines", "worker",
]  # fmt: skip
