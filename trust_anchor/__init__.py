"""The trust anchor (a ministry, a consortium): says whom it recognises, signs it and publishes it."""
