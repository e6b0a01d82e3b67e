"""Renaming many orders at once: draw up, launch, run, and again or undo (features R7, D9).

    draw_up ──> draft ──launch──> running ──run──> done

What a draft would do is told by `orders.plans`; each line that is run is a Write of its own.
"""

from __future__ import annotations

import time
from collections.abc import Iterable
from dataclasses import asdict
from datetime import timedelta

from django.db import transaction
from django.db.models import F
from django.utils.translation import gettext as _

from dashboard.accounts.models import Team, User
from dashboard.accounts.roles import Action
from orders import services
from orders.models import Batch, BatchLine, Busy, Conflict, LineState, NoKey, Outcome, Pace, Write, now
from orders.plans import Plan
from orders.queue import later
from orders.rules import Rule

# A job works for so many seconds and then queues the next one: it never keeps a worker from stopping.
TURN = 15.0
# So many in a row that Autoenhance did not take are no accident: the rest is not even tried.
MOST_FAILURES = 5
# A draft that nobody launched is forgotten.
DRAFT_KEPT = timedelta(days=1)


@transaction.atomic
def draw_up(user: User, team: Team, lines: Iterable[BatchLine], rule: Rule | None) -> Batch:
    """A draft with these lines (not saved before), saved. Without a rule the lines say the new names."""
    batch = Batch.objects.create(team=team, actor=user, rule=None if rule is None else asdict(rule))
    for line in lines:
        line.batch = batch
    BatchLine.objects.bulk_create(lines)
    return batch


@transaction.atomic
def launch(batch: Batch, rule: Rule, plan: Plan) -> None:
    """Start what was planned, once however often it is asked for. Orders that stay as they are leave the batch."""
    kept = None if batch.rule is None else asdict(rule)
    draft = Batch.objects.filter(pk=batch.pk, state=Batch.State.DRAFT)
    if not draft.update(state=Batch.State.RUNNING, started_at=now(), rule=kept):
        return
    batch.lines.filter(pk__in=[change.line.pk for change in plan.same]).delete()
    for change in (*plan.changes, *plan.faults):
        change.line.after, change.line.reason = change.after, change.fault
        change.line.state = LineState.FAILED if change.fault else LineState.WAITING
    lines = [change.line for change in (*plan.changes, *plan.faults)]
    # An upsert of rows that are all there: bulk_update takes seconds for a thousand.
    BatchLine.objects.bulk_create(
        lines, update_conflicts=True, unique_fields=["id"], update_fields=["after", "reason", "state"]
    )
    _run_later(batch.pk)


def again(batch: Batch) -> Batch | None:
    """A draft of what failed, beginning with the names that the orders have now; None when nothing failed.

    What was never sent comes first: what fails each time must not keep it waiting again.
    """
    failed = batch.lines.having(Outcome.FAILED).order_by(F("write").asc(nulls_first=True), "pk")
    lines = [BatchLine(order=line.order, before=line.order.name, after=line.after) for line in failed]
    rule = None if batch.rule is None else Rule(**batch.rule)
    return draw_up(batch.actor, batch.team, lines, rule) if lines else None


def undo(batch: Batch) -> Batch | None:
    """A draft that gives each order that was renamed its name back; None when none was."""
    renamed = batch.lines.having(Outcome.DONE)
    lines = [BatchLine(order=line.order, before=line.after, after=line.before) for line in renamed]
    return draw_up(batch.actor, batch.team, lines, None) if lines else None


def run(pk: int) -> None:
    """Rename line by line for one turn. Whoever is killed meanwhile is followed by another, and sends nothing twice.

    While Autoenhance wants a pause or does not answer, nothing is tried; the sweep comes back to it.
    """
    batch = Batch.objects.filter(pk=pk, state=Batch.State.RUNNING).select_related("team", "actor").first()
    if batch is None:
        return
    _recover(batch)
    until = time.monotonic() + TURN
    waiting = batch.lines.filter(state=LineState.WAITING).order_by("pk")
    for line_pk in list(waiting.values_list("pk", flat=True)):
        if not Pace.standing().clear:
            return
        if why := _obstacle(batch):
            waiting.update(state=LineState.FAILED, reason=why)
            break
        # Read when its turn comes: its key may have changed since the first line was sent.
        _rename(batch, waiting.select_related("order__team", "order__key__user").get(pk=line_pk))
        if time.monotonic() > until:
            _run_later(pk)
            return
    batch.finish()


def sweep() -> None:
    """Queue what runs, whatever became of its job; forget drafts that nobody launched."""
    for pk in Batch.objects.filter(state=Batch.State.RUNNING).values_list("pk", flat=True):
        _run_later(pk)
    Batch.objects.filter(state=Batch.State.DRAFT, created_at__lt=now() - DRAFT_KEPT).delete()


def _rename(batch: Batch, line: BatchLine) -> None:
    line.move(LineState.SENDING)
    try:
        write = services.rename(batch.actor, line.order, line.after, line.before)
    except Conflict as conflict:
        line.move(
            LineState.FAILED, reason=_("Meanwhile it is called “%s”. Nothing was overwritten.") % conflict.order.label
        )
    except (Busy, NoKey) as why:
        line.move(LineState.FAILED, reason=str(why))
    else:
        line.move(LineState.SENT, write=write)


def _recover(batch: Batch) -> None:
    """Find out how far the line came whose worker was killed: its Write is settled like any other."""
    for line in batch.lines.filter(state=LineState.SENDING):
        ours = Write.objects.filter(target=line.order_id, actor=batch.actor, kind=Write.Kind.RENAME, text=line.after)
        write = ours.filter(created_at__gte=batch.started_at).order_by("pk").last()
        if write:
            line.move(LineState.SENT, write=write)
        else:
            line.move(LineState.FAILED, reason=_("This was interrupted before anything was sent."))


def _obstacle(batch: Batch) -> str:
    """Why the rest is not tried; "" when it is."""
    if not batch.team.allows(batch.actor, Action.RENAME):
        return _("%s may no longer rename orders of this team.") % batch.actor.label
    last = batch.lines.exclude(write=None).order_by("-pk").values_list("write__state", flat=True)[:MOST_FAILURES]
    if len(last) == MOST_FAILURES and Write.State.DONE not in last:
        return _("Not sent, because %d in a row before it were not renamed.") % MOST_FAILURES
    return ""


def _run_later(pk: int) -> None:
    later("orders.batch", once=f"batch:{pk}", batch_id=pk)
