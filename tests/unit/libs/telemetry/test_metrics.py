import pytest

from mrk_telemetry import metrics

ALLOWED = {
    *("service", "role", "version", "python", "route", "method", "status", "reason", "topic"),
    *("stage", "outcome", "queue", "state", "le", "generation", "what"),
}


def value(name: str, **labels: str) -> float | None:
    return metrics.REGISTRY.get_sample_value(name, labels)


def test_every_metric_is_prefixed_and_its_labels_are_bounded_words() -> None:
    own = [
        collector
        for collector, names in metrics.REGISTRY._collector_to_names.items()
        if not any(name.startswith(("process_", "python_gc_")) for name in names)
    ]
    assert len(own) >= 24
    for collector in own:
        names = metrics.REGISTRY._collector_to_names[collector]
        assert all(name.startswith("mrk_") for name in names)
        assert set(getattr(collector, "_labelnames", ())) <= ALLOWED


def test_a_request_is_counted_by_template_and_timed() -> None:
    metrics.request("/t/{n}", "POST", 201, 0.2)
    labels = {"route": "/t/{n}", "method": "POST", "status": "201"}
    assert value("mrk_http_requests_total", **labels) == 1
    assert value("mrk_http_request_seconds_sum", route="/t/{n}") == pytest.approx(0.2)


def test_a_method_that_the_client_made_up_is_no_label() -> None:
    metrics.request("/m", "BREW" * 50, 405, 0)
    assert value("mrk_http_requests_total", route="/m", method="OTHER", status="405") == 1


def test_a_state_that_is_no_longer_there_counts_nothing() -> None:
    metrics.work("q1", {"ready": 3, "unknown": 1}, 4.5)
    metrics.work("q2", {"ready": 7}, 0)
    metrics.work("q1", {"ready": 2}, 1.5)
    assert value("mrk_work_depth", queue="q1", state="ready") == 2
    assert value("mrk_work_depth", queue="q1", state="unknown") == 0
    assert value("mrk_work_depth", queue="q2", state="ready") == 7
    assert value("mrk_work_age_seconds", queue="q1") == 1.5


def test_dead_letters_that_were_redriven_count_nothing() -> None:
    metrics.dead_letters_open({("t", "bad"): 2})
    metrics.dead_letters_open({("t", "queued"): 1})
    assert value("mrk_dead_letters_open", topic="t", state="bad") == 0
    assert value("mrk_dead_letters_open", topic="t", state="queued") == 1


def test_ages_are_never_below_zero() -> None:
    metrics.outbox(0, -0.5, dead=2)
    metrics.lag("past", -1, -1)
    metrics.since_received("past", -1)
    assert value("mrk_outbox_age_seconds") == 0
    assert value("mrk_outbox_dead") == 2
    assert value("mrk_consumer_lag_records", topic="past") == 0
    assert value("mrk_stage_seconds_sum", stage="past") == 0


def test_all_that_is_counted_is_exposed() -> None:
    # labels of this test's own: the registry is the process's, and other tests count too
    topic, word = "exposed", "exposed"
    metrics.build_info("s", "r", "1")
    metrics.events_in(topic, 2)
    metrics.events_out(topic, 3)
    metrics.duplicates(topic)
    metrics.dead_letter(topic, "invalid")
    metrics.parked(topic, 4)
    metrics.attempt(word, "accepted", 0.5)
    metrics.relay_active(active=True)
    metrics.relay_batch(500, word)
    metrics.batch(word, 12)
    metrics.request_refused(word)
    before = value("mrk_http_in_flight") or 0
    metrics.request_started()
    assert value("mrk_http_in_flight") == before + 1
    metrics.request_ended()
    assert value("mrk_http_in_flight") == before
    body, kind = metrics.expose()
    text = body.decode()
    assert kind.startswith("text/plain")
    for line in (
        'mrk_events_in_total{topic="exposed"} 2.0',
        'mrk_events_out_total{topic="exposed"} 3.0',
        'mrk_duplicates_dropped_total{topic="exposed"} 1.0',
        'mrk_dead_letters_total{reason="invalid",topic="exposed"} 1.0',
        'mrk_parked_keys{topic="exposed"} 4.0',
        'mrk_attempts_total{outcome="accepted",stage="exposed"} 1.0',
        "mrk_relay_active 1.0",
        'mrk_relay_batches_total{outcome="exposed"} 1.0',
        'mrk_batch_size_sum{stage="exposed"} 12.0',
        'mrk_http_refused_total{reason="exposed"} 1.0',
    ):
        assert line in text
    assert "process_resident_memory_bytes" in text
