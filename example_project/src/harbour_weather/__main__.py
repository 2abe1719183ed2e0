"""`python -m harbour_weather [DAYS]`: print the weather report; no Flyte cluster needed."""

import sys

from harbour_weather.report import weather_report

if __name__ == "__main__":
    print(weather_report(days=int(sys.argv[1]) if len(sys.argv) > 1 else 7))
