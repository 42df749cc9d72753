"""Telling people: the channels of network.yaml through Apprise, and every notification into the log."""

from gateway.adapters.notify.log import LoggedNotifications
from gateway.adapters.notify.sending import AppriseNotifier, ChannelsFaulty

__all__ = ["AppriseNotifier", "ChannelsFaulty", "LoggedNotifications"]
