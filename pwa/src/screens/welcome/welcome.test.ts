import { describe, expect, it } from 'vitest'
import { installWay } from './ways'

const IPHONE = 'Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.1 Mobile/15E148 Safari/604.1'
const MAC = 'Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.1 Safari/605.1.15'
const ANDROID = 'Mozilla/5.0 (Linux; Android 14; 23127PN0CC) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/130.0.0.0 Mobile Safari/537.36'

describe('how the app gets on the home screen', () => {
  it('is the share button on an iPhone, and on an iPad that calls itself a Mac', () => {
    expect(installWay(IPHONE, 5)).toBe('iphone')
    expect(installWay(MAC, 5)).toBe('ipad')
    expect(installWay(MAC, 0)).toBe('desk')
  })

  it('is the menu on other phones', () => {
    expect(installWay(ANDROID, 5)).toBe('menu')
  })

  it('begins with leaving the browser inside another app, whatever the phone', () => {
    expect(installWay(`${IPHONE} MicroMessenger/8.0.50(0x18003233)`, 5)).toBe('inside')
    expect(installWay(`${ANDROID} wxwork/4.1.20 MicroMessenger/7.0.1`, 5)).toBe('inside')
    expect(installWay(`${ANDROID} AliApp(DingTalk/7.6.0)`, 5)).toBe('inside')
  })
})
