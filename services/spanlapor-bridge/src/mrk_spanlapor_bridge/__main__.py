"""`python -m mrk_spanlapor_bridge consumer|worker|relay|migrate|admin …`."""

from mrk_delivery.start import main

if __name__ == "__main__":
    main(
        "mrk_spanlapor_bridge",
        {
            "consumer": "mrk_spanlapor_bridge.roles:consumer",
            "worker": "mrk_spanlapor_bridge.roles:worker",
            "relay": "mrk_spanlapor_bridge.roles:relay",
        },
        prefix="MRK_BRIDGE_",
        admin="mrk_spanlapor_bridge.admin:ADMIN",
    )
