"""`starling show --scrape` against opentracker, over HTTP and UDP."""

from cases import case
from failure import Failure


@case()
def scrape_by_http_and_udp(world):
    shared = world.file()
    tracker = world.tracker()
    urls = [tracker.url("http"), tracker.url("udp")]
    torrent = world.torrent(shared, trackers=urls)
    tracker.start(torrent)
    asker = world.client("starling", "asker")
    seeder = world.client("starling", "seeder")
    seeder.seed(torrent, shared)
    world.until(lambda: all(each["seeders"] == 1 for each in asker.scrape(torrent.path)),
                "count of the seeder", timeout=30, interval=0.3)
    leecher = world.client("starling", "leecher")
    leecher.fetch(torrent.magnet(urls), "--seed-after")
    leecher.wait_complete()
    world.until(lambda: all(each["downloads"] == 1 for each in asker.scrape(torrent.path)),
                "count of the download", timeout=30, interval=0.3)
    _expect(asker.scrape(torrent.magnet(urls)), urls, seeders=2, leechers=0, downloads=1)


@case()
def scrape_says_which_tracker_failed(world):
    shared = world.file()
    tracker = world.tracker()
    good = tracker.url("udp")
    dead = [f"http://{tracker.address}:1/announce", "wss://nowhere.invalid/announce"]
    torrent = world.torrent(shared, trackers=[dead[0], good, dead[1]])
    tracker.start(torrent)
    answers = world.client("starling").scrape(torrent.path)
    if [each["url"] for each in answers] != [dead[0], good, dead[1]]:
        raise Failure(f"another order: {answers}")
    failed = [each["url"] for each in answers if each["error"]]
    if failed != dead:
        raise Failure(f"others failed: {answers}")


def _expect(answers, urls, **counts):
    for url, answer in zip(urls, answers, strict=True):
        if answer != {"url": url, **counts, "error": None}:
            raise Failure(f"{answer} instead of {counts} of {url}")
