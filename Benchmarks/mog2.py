#!/usr/bin/env python3
"""The loop that people write with OpenCV: MOG2, opening, contours, a line of JSON a frame.

usage: mog2.py VIDEO
"""

import json
import sys

import cv2


def main(path):
    video = cv2.VideoCapture(path)
    background = cv2.createBackgroundSubtractorMOG2(history=500, varThreshold=16, detectShadows=False)
    kernel = cv2.getStructuringElement(cv2.MORPH_RECT, (3, 3))
    index = 0
    while True:
        found, frame = video.read()
        if not found:
            return
        mask = cv2.morphologyEx(background.apply(frame), cv2.MORPH_OPEN, kernel)
        contours, _ = cv2.findContours(mask, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE)
        boxes = [cv2.boundingRect(contour) for contour in contours if cv2.contourArea(contour) > 100]
        print(json.dumps({"frame": index, "boxes": boxes}))
        index += 1


if __name__ == "__main__":
    main(sys.argv[1])
