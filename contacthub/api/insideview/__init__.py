"""InsideView (Demandbase): details of contacts as bulk jobs, in XML and JSON."""
