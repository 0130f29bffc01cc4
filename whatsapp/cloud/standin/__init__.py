"""A stand-in of WhatsApp's Cloud API for tests, benchmarks and the demo: its paths, answers and webhooks.

Nothing here talks to Meta. What Meta publishes is followed where it publishes it; where it does not (what is
answered at once and what is reported later by webhook, for one), the choice is named where it is made.

In a process of its own: `python -m whatsapp.cloud.standin --port 9000`; inside a test: `app.StandIn`.
The scene is set and the truth asked for under `/_standin`, in JSON; unknown fields are refused:

    POST   accounts                   a number with app, account and token; every field optional
    POST   numbers/{id}               quality, throughput, pair_rate, messaging_limit, restricted
    POST   tokens                     token, app_id, scopes, wabas, expires_in (seconds)
    POST   tokens/{token}/rotate      a new one; the old one is revoked. DELETE tokens/{token} revokes
    POST   templates                  name, language, category, status, components, parameter_format, waba_id
    POST   templates/{id}             status, reason, quality, components
    POST   webhooks                   app_id, url, verify_token, fields: verifies and sets the callback
    POST   webhooks/manner            batch, linger, shuffle, repeat_share, retry_after... (outbox.Manner)
    GET    webhooks?wait=&until=      counts; waits until all is told (told: what is due; done: all planned)
    POST   behaviour                  delivered_share, read_after, late_errors... (behaviour.Behaviour); GET
    POST   faults                     kind, share, times, skip, to, on, status, code, seconds (faults.Fault)
    GET    faults                     what is in force and how often it struck. DELETE faults[/{id}] lifts
    POST   people/{number}            name, username, blocked, on_whatsapp, capped, window
    POST   people/{number}/reply      text | button | choice | media, context, phone_number_id; media: kind,
                                      mime, base64 or size (so many), caption, filename, voice
    POST   people/{number}/stop       and /resume: marketing
    POST   account_updates            waba_id, event and whatever else belongs to the value
    POST   clock                      advance: seconds
    GET    received                   totals; DELETE counts from nothing again
    GET    received/people            wa_id, received, accepted; after, limit, least; received/people/{number}
    GET    received/messages?after=   the latest in full
    POST   reset                      an empty world
"""
