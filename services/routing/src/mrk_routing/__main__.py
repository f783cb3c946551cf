"""`python -m mrk_routing http|desk|api|relay|consumer|clock|worker|migrate|admin …`."""

from mrk_delivery.start import main

if __name__ == "__main__":
    main(
        "mrk_routing",
        {
            "http": "mrk_routing.roles:http",
            "desk": "mrk_routing.roles:desk",
            "api": "mrk_routing.roles:api",
            "relay": "mrk_routing.roles:relay",
            "consumer": "mrk_routing.roles:consumer",
            "clock": "mrk_routing.roles:clock",
            "worker": "mrk_routing.roles:worker",
        },
        prefix="MRK_ROUTING_",
        admin="mrk_routing.admin:ADMIN",
    )
