"""`python -m mrk_notify consumer|worker|relay|migrate|admin …`."""

from mrk_delivery.start import main

if __name__ == "__main__":
    main(
        "mrk_notify",
        {
            "consumer": "mrk_notify.roles:consumer",
            "worker": "mrk_notify.roles:worker",
            "relay": "mrk_notify.roles:relay",
        },
        prefix="MRK_NOTIFY_",
        admin="mrk_notify.admin:ADMIN",
    )
