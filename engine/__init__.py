"""Acts: the use cases, one transaction each; authorises and logs."""
