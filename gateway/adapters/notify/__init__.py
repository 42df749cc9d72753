"""Telling people and systems: the channels of network.yaml through Apprise, its webhooks, and the log."""

from gateway.adapters.notify.log import LoggedNotifications
from gateway.adapters.notify.sending import AppriseNotifier, ChannelsFaulty
from gateway.adapters.notify.webhooks import HttpPoster

__all__ = ["AppriseNotifier", "ChannelsFaulty", "HttpPoster", "LoggedNotifications"]
