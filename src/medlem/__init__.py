"""medlem: the in-store customer club for merchants who use Vipps MobilePay."""

__version__ = "0.1.0"
