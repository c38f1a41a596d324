"""All tables over one session."""

from medlem.storage.announcements import Announcements
from medlem.storage.attempts import Attempts
from medlem.storage.check_ins import CheckIns
from medlem.storage.consents import Consents
from medlem.storage.enrolments import Enrolments
from medlem.storage.events import Events
from medlem.storage.finding import Finding
from medlem.storage.identifications import Identifications
from medlem.storage.importing import Files
from medlem.storage.inactivity import Inactivity
from medlem.storage.keys import Keys
from medlem.storage.landings import Landings
from medlem.storage.linkings import Linkings
from medlem.storage.members import Members
from medlem.storage.merges import Duplicates, Merges
from medlem.storage.outbox import Outbox
from medlem.storage.places import Places
from medlem.storage.repeats import Repeats
from medlem.storage.rights import Rights
from medlem.storage.session import Session
from medlem.storage.sharing import Sharing
from medlem.storage.station_qrs import StationQrs
from medlem.storage.webhooks import Webhooks
from medlem.vault import Vault


class AllTables:
    """`flows.tables.Tables`."""

    def __init__(self, session: Session, vault: Vault) -> None:
        self.places = Places(session, vault)
        self.keys = Keys(session, vault)
        self.identifications = Identifications(session, vault)
        self.enrolments = Enrolments(session, vault)
        self.landings = Landings(session, vault)
        self.members = Members(session, vault)
        self.consents = Consents(session, vault)
        self.linkings = Linkings(session, vault)
        self.sharing = Sharing(session, vault)
        self.events = Events(session, vault)
        self.repeats = Repeats(session, vault)
        self.webhooks = Webhooks(session, vault)
        self.station_qrs = StationQrs(session)
        self.check_ins = CheckIns(session, vault)
        self.announcements = Announcements(session, vault)
        self.rights = Rights(session, vault)
        self.inactivity = Inactivity(session)
        self.attempts = Attempts(session)
        self.outbox = Outbox(session, vault)
        self.finding = Finding(session)
        self.merges = Merges(session, vault)
        self.duplicates = Duplicates(session)
        self.files = Files(session, vault)
