"""The desk: pages for dispatchers, agencies' officers and leaders, behind the city's login."""
