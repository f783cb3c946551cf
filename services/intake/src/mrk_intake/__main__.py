"""`python -m mrk_intake http|web|staff|internal|relay|consumer|worker|migrate|admin …`."""

from mrk_delivery.start import main

if __name__ == "__main__":
    main(
        "mrk_intake",
        {
            "http": "mrk_intake.roles:http",
            "web": "mrk_intake.roles:web",
            "staff": "mrk_intake.roles:staff",
            "internal": "mrk_intake.roles:internal",
            "relay": "mrk_intake.roles:relay",
            "consumer": "mrk_intake.roles:consumer",
            "worker": "mrk_intake.roles:worker",
        },
        prefix="MRK_INTAKE_",
        admin="mrk_intake.admin:ADMIN",
    )
