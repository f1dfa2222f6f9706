"""What workers do: queues, the schedule, what they log."""

import logging
from typing import Any

CELERY_TASK_DEFAULT_QUEUE = "default"
CELERY_TASK_ROUTES = {
    "commerce.payments.*": {"queue": "money"},
    "commerce.payouts.*": {"queue": "money"},
    "commerce.checkout.*": {"queue": "money"},
    "commerce.giftcards.*": {"queue": "money"},
    "commerce.reconciling.*": {"queue": "slow"},
    "commerce.notifications.tasks.send_bulk": {"queue": "bulk"},
    "commerce.notifications.*": {"queue": "mail"},
    "commerce.hooks.*": {"queue": "slow"},
    "commerce.discovery.*": {"queue": "slow"},
    "commerce.fulfillment.*": {"queue": "slow"},
    "commerce.documents.*": {"queue": "slow"},
    "cms.importing.*": {"queue": "slow"},
    "cms.media.*": {"queue": "slow"},
    "cms.selling.*": {"queue": "slow"},
}
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_IGNORE_RESULT = True
# Nothing takes an hour; what does hangs, and gives its worker back.
CELERY_TASK_TIME_LIMIT = 3600
# A shopper waits while a task is published. With the broker away three retries cost 0.6
# seconds for each event, and sweeps find what nobody was told of.
CELERY_TASK_PUBLISH_RETRY = False
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_TRANSPORT_OPTIONS = {
    "socket_connect_timeout": 0.2,
    "socket_timeout": 5,
    "max_retries": 0,
}
CELERY_BEAT_SCHEDULE: dict[str, dict[str, Any]] = {
    "outbox sweep": {"task": "commerce.outbox.tasks.sweep", "schedule": 5},
    "release lapsed reservations": {
        "task": "commerce.inventory.tasks.release_lapsed",
        "schedule": 60,
    },
    "clear ended reservations": {
        "task": "commerce.inventory.tasks.clear_ended",
        "schedule": 3600,
    },
    "tell sellers' systems": {"task": "commerce.hooks.tasks.send_due", "schedule": 5},
    "tell what runs low": {"task": "commerce.inventory.tasks.find_low", "schedule": 60},
    "end promises of goods whose day has come": {
        "task": "commerce.inventory.tasks.end_due",
        "schedule": 3600,
    },
    "tell which counts are due": {
        "task": "commerce.inventory.tasks.tell_due_counts",
        "schedule": 3600,
    },
    "finish open checkouts": {"task": "commerce.checkout.tasks.sweep", "schedule": 30},
    "decide what sellers left unanswered": {
        "task": "commerce.returns.tasks.decide_due",
        "schedule": 300,
    },
    "return orphan money": {"task": "commerce.payments.tasks.send_refunds", "schedule": 60},
    "finish labels": {"task": "commerce.fulfillment.tasks.settle_labels", "schedule": 60},
    "end parts of lost parcels": {
        "task": "commerce.fulfillment.tasks.settle_ended",
        "schedule": 900,
    },
    "ask about parcels": {"task": "commerce.fulfillment.tasks.poll_parcels", "schedule": 600},
    "forget old carrier prices": {
        "task": "commerce.fulfillment.tasks.forget_old_rates",
        "schedule": 24 * 3600,
    },
    "send mail": {"task": "commerce.notifications.tasks.send_due", "schedule": 30},
    "send mail in bulk": {"task": "commerce.notifications.tasks.send_bulk", "schedule": 20},
    "render documents": {"task": "commerce.documents.tasks.render_due", "schedule": 60},
    "continue payouts": {"task": "commerce.payouts.tasks.send_due", "schedule": 60},
    "bill plans": {"task": "commerce.payouts.tasks.bill_subscriptions", "schedule": 3600},
    "look at payouts": {"task": "commerce.payouts.tasks.look_at_payouts", "schedule": 1800},
    "look at accounts": {"task": "commerce.payouts.tasks.look_at_accounts", "schedule": 3600},
    "payout run": {"task": "commerce.payouts.tasks.run_schedule", "schedule": 3600},
    "reconcile listings": {"task": "cms.bridge.tasks.reconcile", "schedule": 24 * 3600},
    "forget buyers of old documents": {
        "task": "commerce.documents.tasks.forget_buyers",
        "schedule": 24 * 3600,
    },
    "reconcile with the provider": {
        "task": "commerce.reconciling.tasks.reconcile",
        "schedule": 24 * 3600,
    },
    "mail gift cards whose day has come": {
        "task": "commerce.giftcards.tasks.send_due",
        "schedule": 300,
    },
    "follow a change of currencies": {
        "task": "commerce.discovery.tasks.follow_currencies",
        "schedule": 60,
    },
    "look at blocked gift cards": {
        "task": "commerce.giftcards.tasks.heed_blocked",
        "schedule": 60,
    },
    "expire credit": {"task": "commerce.credits.tasks.expire", "schedule": 3600},
    "seal the audit log": {"task": "commerce.audit.tasks.seal", "schedule": 3600},
    "seal the ledger": {"task": "commerce.ledger.tasks.seal", "schedule": 3600},
    "announce switched prices": {
        "task": "commerce.pricing.tasks.announce_switched",
        "schedule": 60,
    },
    "give unused return labels back": {
        "task": "commerce.returns.tasks.give_back_unused",
        "schedule": 3600,
    },
    "follow VAT numbers": {"task": "commerce.pricing.tasks.follow_vat_ids", "schedule": 3600},
    "expire carts": {"task": "commerce.cart.tasks.expire", "schedule": 3600},
    "publish scheduled pages": {"task": "cms.bridge.tasks.publish_scheduled", "schedule": 60},
    "delete old import files": {
        "task": "cms.importing.tasks.delete_old_files",
        "schedule": 24 * 3600,
    },
    "tend exports": {"task": "cms.selling.tasks.tend_exports", "schedule": 300},
    "continue imports": {"task": "cms.importing.tasks.continue_stalled", "schedule": 300},
    "make missing renditions": {"task": "cms.media.tasks.make_missing", "schedule": 3600},
    "forget what has expired": {
        "task": "storefront.tasks.forget_expired",
        "schedule": 24 * 3600,
    },
    "tell staff what failed": {"task": "cms.backoffice.tasks.ring", "schedule": 120},
    "check invariants": {"task": "commerce.invariants.tasks.check", "schedule": 3600},
}
# With the workers away sweeps do not pile up: one that waited is as good as the next.
for _entry in CELERY_BEAT_SCHEDULE.values():
    _entry["options"] = {"expires": max(60, _entry["schedule"])}

DJANGO_STRUCTLOG_CELERY_ENABLED = True
DJANGO_STRUCTLOG_CELERY_TASK_START_LOG_LEVEL = logging.DEBUG
DJANGO_STRUCTLOG_STATUS_4XX_LOG_LEVEL = logging.INFO
